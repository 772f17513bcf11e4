/** Whether `dist/` below `root` was built from the sources as they are. */
export function isBuilt(root: string): boolean;
