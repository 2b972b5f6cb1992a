/** Where nano and V8's serializer are known to differ, each with what the standard says. */

interface Known {
  explanation: string;
  applies(value: unknown, where: string, ours: unknown, theirs: unknown): boolean;
}

const known: Known[] = [
  {
    explanation: "an error that its own cause leads back to: cloned as the standard says; V8 before 12 cannot read what it wrote",
    applies: (value, where) => where === "value (keys copy and threw)" && errorsWithin(value).some((error) => reaches(error, error)),
  },
];

/** The objects that the serializer gets to from an object. */
function partsOf(object: object): unknown[] {
  const own = Object.keys(object).map((key) => (object as Record<string, unknown>)[key]);
  if (object instanceof Map) return [...object].flat();
  if (object instanceof Set) return [...object];
  return object instanceof Error ? [object.cause] : own;
}

function walk(start: object): Set<object> {
  const seen = new Set<object>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    for (const part of partsOf(value)) visit(part);
  };
  for (const part of partsOf(start)) visit(part);
  return seen;
}

function errorsWithin(value: unknown): Error[] {
  return typeof value === "object" && value !== null ? [value, ...walk(value)].filter((each): each is Error => each instanceof Error) : [];
}

function reaches(from: object, to: object): boolean {
  return walk(from).has(to);
}

export function knownDifference(value: unknown, where: string, ours: unknown, theirs: unknown): string | undefined {
  return known.find(({ applies }) => applies(value, where, ours, theirs))?.explanation;
}
