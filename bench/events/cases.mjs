/** EventTarget, Event and AbortController (https://dom.spec.whatwg.org/). */
export function cases({ EventTarget, Event, AbortController }) {
  let seen = 0;
  const target = new EventTarget();
  target.addEventListener("tick", () => {
    seen += 1;
  });
  const four = new EventTarget();
  for (let i = 0; i < 4; i++) {
    four.addEventListener("tick", () => {
      seen += 1;
    });
  }
  return {
    "new Event"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += new Event("tick").type.length;
      return sum;
    },
    "dispatch to none"(count) {
      const event = new Event("other");
      let sum = 0;
      for (let i = 0; i < count; i++) sum += target.dispatchEvent(event) ? 1 : 0;
      return sum;
    },
    "dispatch to 1"(count) {
      for (let i = 0; i < count; i++) target.dispatchEvent(new Event("tick"));
      return seen;
    },
    "dispatch to 4"(count) {
      for (let i = 0; i < count; i++) four.dispatchEvent(new Event("tick"));
      return seen;
    },
    "add and remove"(count) {
      const listener = () => {};
      let sum = 0;
      for (let i = 0; i < count; i++) {
        target.addEventListener("other", listener);
        target.removeEventListener("other", listener);
        sum += 1;
      }
      return sum;
    },
    "new AbortController"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += new AbortController().signal.aborted ? 0 : 1;
      return sum;
    },
    "abort with 1 listener"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const controller = new AbortController();
        controller.signal.addEventListener("abort", () => {
          sum += 1;
        });
        controller.abort();
      }
      return sum;
    },
  };
}
