/** How many steps an iterative rule may be told to make: it bounds what a configuration can make every peer compute. */
import { integer } from '../foundation/schema.ts';

export const iterations = integer(1, 1000);
