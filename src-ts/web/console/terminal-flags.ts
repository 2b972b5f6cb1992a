/** What an output is, as a sum: what `setTerminal`'s function, sdk/terminal.ts and the op stdio_terminal answer. */

/** A screen, which `console.clear` clears. */
export const terminal_flag = 1;
/** Values are printed in colour. */
export const colors_flag = 2;
