/** The words of an expression. */

/** An expression that DynamoDB would refuse, or that this double does not know. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
}

const TOKEN = /\s*(<=|[#:]?[A-Za-z0-9_]+|[(),=<+])/y;

/** Reads an expression's tokens from left to right. */
export class Tokens {
  private readonly tokens: readonly string[];
  private at = 0;

  constructor(text: string) {
    const tokens: string[] = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const [, token] = TOKEN.exec(text) ?? [];
      if (token === undefined) throw new ExpressionError(`what is this: ${text}`);
      tokens.push(token);
    }
    this.tokens = tokens;
  }

  get next(): string | undefined {
    return this.tokens[this.at];
  }

  take(): string {
    const token = this.next;
    if (token === undefined) throw new ExpressionError("the expression ends too early");
    this.at++;
    return token;
  }

  takeIf(token: string): boolean {
    if (this.next !== token) return false;
    this.at++;
    return true;
  }

  expect(token: string): void {
    const found = this.take();
    if (found !== token) throw new ExpressionError(`expected ${token} instead of ${found}`);
  }

  end(): void {
    if (this.next !== undefined) throw new ExpressionError(`unexpected ${this.next}`);
  }

  attribute(): string {
    const token = this.take();
    if (!/^#?[A-Za-z]?[A-Za-z0-9_]*$/.test(token)) throw new ExpressionError(`${token} is no attribute`);
    return token;
  }

  value(): string {
    const token = this.take();
    if (!token.startsWith(":")) throw new ExpressionError(`${token} is no value`);
    return token;
  }
}
