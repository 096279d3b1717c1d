/** How a command ends: 0 ok, 1 failure, 2 a check says no, 64 usage. */
export type ExitCode = 0 | 1 | 2 | 64;
