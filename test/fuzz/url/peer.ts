/** The other side of fuzz.ts, in a Node of its own: observes each case with that Node's URL. */
import { observe, type UrlCase } from "./observe.ts";

process.on("message", (cases: UrlCase[]) => {
  process.send!(cases.map((each) => observe({ URL }, each)));
});
process.on("disconnect", () => process.exit(0));
