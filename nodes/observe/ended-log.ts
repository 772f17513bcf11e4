/** What is said where the event log of a run cannot be written on. */

/** `reason` names the file and what came between. The run itself goes on. */
export function endedLog(reason: string): string {
  return (
    `${reason}: the event log ends here and the run goes on. \`synod observe\` and \`synod report\` will show it up to` +
    ' here only; make room, or name another folder with --dir, before the next run'
  );
}
