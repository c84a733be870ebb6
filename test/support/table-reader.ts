import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";

/** Items of a run table, as they are kept. */
export type StoredItem = Record<string, unknown>;

/** Reads whole tables, for tests. */
export function tableReader(endpoint: string, table: string) {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint, region: "us-east-1", credentials: { accessKeyId: "any", secretAccessKey: "any" } }),
  );
  const scan = async (prefix: string): Promise<StoredItem[]> => {
    const found: StoredItem[] = [];
    for await (const { Items = [] } of paginateScan({ client }, { TableName: table, ConsistentRead: true })) {
      found.push(...Items.filter((item) => String(item["pk"]).startsWith(prefix)));
    }
    return found;
  };
  return {
    runs: () => scan("run#"),
    quarantined: () => scan("quarantine#"),
    /** Resolves with what `look` finds, as soon as it finds something; fails with the last look's account when the time is over. */
    async until<Found>(look: () => Promise<Found | undefined>, seconds: number, account: () => Promise<string>): Promise<Found> {
      const end = Date.now() + seconds * 1000;
      for (;;) {
        const found = await look();
        if (found !== undefined) return found;
        if (Date.now() > end) throw new Error(`not within ${seconds} s: ${await account()}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}
