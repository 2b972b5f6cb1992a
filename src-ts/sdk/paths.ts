/**
 * Where the package's built files are: next to this code when it is bundled, in dist/ when it runs from source.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(import.meta.url);

/** The dist folder's absolute path. */
export const distFolder: string = here.endsWith(join("src-ts", "sdk", "paths.ts")) ? join(dirname(here), "../../dist") : dirname(here);
