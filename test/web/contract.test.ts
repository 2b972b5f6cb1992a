/** The contract files of the web APIs, in both kinds of realm. */
import { fileURLToPath } from "node:url";
import { describeContracts } from "../contract/suite.ts";

await describeContracts(fileURLToPath(new URL(".", import.meta.url)));
