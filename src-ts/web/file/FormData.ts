/**
 * FormData (https://xhr.spec.whatwg.org/#interface-formdata).
 */
import * as webidl from "../../internal/webidl.ts";
import { type Blob, blobData, isBlob } from "./Blob.ts";
import { createFile, type File, isFile } from "./File.ts";

export type FormDataEntryValue = File | string;

/** https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-entry */
export type FormDataEntry = [name: string, value: FormDataEntryValue];

export let isFormData: (value: unknown) => value is FormData;
export let formDataEntries: (formData: FormData) => FormDataEntry[];
let setEntries: (formData: FormData, entries: FormDataEntry[]) => void;

/** Names and values of a form, in order. */
export class FormData {
  #entries: FormDataEntry[] = [];

  static {
    isFormData = (value): value is FormData => typeof value === "object" && value !== null && #entries in value;
    formDataEntries = (formData) => formData.#entries;
    setEntries = (formData, entries) => {
      formData.#entries = entries;
    };
  }

  /** @param form only undefined: there are no form elements */
  constructor(form: undefined = undefined) {
    if (form !== undefined) {
      throw new TypeError(`FormData constructor: argument 1 must be left out, as there are no forms, got ${webidl.describe(form)}`);
    }
  }

  /** @param filename of a blob; a file's own name, or "blob", by default */
  append(name: string, value: string | Blob, filename: string | undefined = undefined): void {
    const entries = receiver(this, "append");
    entries.push(createEntry("FormData.append", arguments.length, name, value, filename));
  }

  delete(name: string): void {
    const entries = receiver(this, "delete");
    const typedName = nameArgument("FormData.delete", arguments.length, name);
    setEntries(
      this,
      entries.filter((entry) => entry[0] !== typedName),
    );
  }

  /** The first value of that name, or null. */
  get(name: string): FormDataEntryValue | null {
    const entries = receiver(this, "get");
    const typedName = nameArgument("FormData.get", arguments.length, name);
    return entries.find((entry) => entry[0] === typedName)?.[1] ?? null;
  }

  getAll(name: string): FormDataEntryValue[] {
    const entries = receiver(this, "getAll");
    const typedName = nameArgument("FormData.getAll", arguments.length, name);
    return entries.filter((entry) => entry[0] === typedName).map((entry) => entry[1]);
  }

  has(name: string): boolean {
    const entries = receiver(this, "has");
    const typedName = nameArgument("FormData.has", arguments.length, name);
    return entries.some((entry) => entry[0] === typedName);
  }

  /** Puts the value in the place of the first of that name, and takes the others away. */
  set(name: string, value: string | Blob, filename: string | undefined = undefined): void {
    const entries = receiver(this, "set");
    const entry = createEntry("FormData.set", arguments.length, name, value, filename);
    const first = entries.findIndex((each) => each[0] === entry[0]);
    if (first < 0) {
      entries.push(entry);
      return;
    }
    setEntries(
      this,
      entries.filter((each, index) => index <= first || each[0] !== entry[0]).map((each, index) => (index === first ? entry : each)),
    );
  }
}

export interface FormData {
  entries(): IterableIterator<FormDataEntry>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<FormDataEntryValue>;
  forEach(callback: (value: FormDataEntryValue, name: string, formData: FormData) => void, thisArg?: unknown): void;
  [Symbol.iterator](): IterableIterator<FormDataEntry>;
}

function receiver(self: unknown, member: string): FormDataEntry[] {
  if (!isFormData(self)) throw webidl.illegalInvocation(`FormData.${member}`);
  return formDataEntries(self);
}

function nameArgument(context: string, given: number, name: unknown): string {
  webidl.requireArguments(given, 1, context);
  return webidl.USVString(name, `${context}: argument 1`);
}

/** The overloads (name, string) and (name, blob, filename), then https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#create-an-entry */
function createEntry(context: string, given: number, name: unknown, value: unknown, filename: unknown): FormDataEntry {
  webidl.requireArguments(given, 2, context);
  const typedName = webidl.USVString(name, `${context}: argument 1`);
  if (!isBlob(value)) {
    if (given > 2) throw webidl.conversionError(`${context}: argument 2`, "a Blob object when there is a file name", value);
    return [typedName, webidl.USVString(value, `${context}: argument 2`)];
  }
  const typedFilename = filename === undefined ? undefined : webidl.USVString(filename, `${context}: argument 3`);
  if (!isFile(value)) return [typedName, createFile(blobData(value), typedFilename ?? "blob")];
  return [typedName, typedFilename === undefined ? value : createFile(blobData(value), typedFilename, value.lastModified)];
}

webidl.exposeInterface(FormData, {
  iterable: { is: isFormData, pairs: formDataEntries },
  inspect: (formData: FormData) => Object.fromEntries(formDataEntries(formData)),
});

export function createFormData(entries: FormDataEntry[]): FormData {
  const formData = new FormData();
  setEntries(formData, entries);
  return formData;
}
