import { invalid } from "./refusal.ts";

const MOST = 100;

/** One page of a list: 100 members at most, and a token for the next. */
export function page<Member>(
  all: readonly Member[],
  { maxResults = MOST, nextToken }: { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined },
): { readonly members: readonly Member[]; readonly nextToken: { readonly nextToken?: string } } {
  if (maxResults < 1 || maxResults > MOST) throw invalid(`maxResults must be between 1 and ${MOST}.`);
  const [, digits] = /^from-(\d+)$/.exec(nextToken ?? "from-0") ?? [];
  if (digits === undefined) throw invalid("Invalid token.");
  const end = Number(digits) + maxResults;
  return { members: all.slice(Number(digits), end), nextToken: end < all.length ? { nextToken: `from-${end}` } : {} };
}
