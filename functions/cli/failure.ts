/** A command that can't go on: told to the person as it is, without a stack. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  /** 1: the run or request failed; 2: the command was used wrongly. */
  readonly exitStatus: 1 | 2;

  constructor(message: string, exitStatus: 1 | 2 = 1) {
    super(message);
    this.exitStatus = exitStatus;
  }
}
