declare module "dynalite" {
  import type { Server } from "node:http";
  /** An HTTP server that speaks DynamoDB's protocol; data is kept below `path`. */
  export default function dynalite(options: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
