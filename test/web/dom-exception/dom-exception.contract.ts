/**
 * https://webidl.spec.whatwg.org/#idl-DOMException
 */
import { cases } from "../../contract/cases.ts";

const codes: Record<string, number> = {
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
  EncodingError: 0,
  OperationError: 0,
  toString: 0,
};

export default cases({
  "defaults: empty message, name Error, code 0": ({ globals: { DOMException }, assert }) => {
    const error = new DOMException();
    assert.equal(error.message, "");
    assert.equal(error.name, "Error");
    assert.equal(error.code, 0);
  },
  "every name has its legacy code": ({ globals: { DOMException }, assert }) => {
    for (const [name, code] of Object.entries(codes)) assert.equal(new DOMException("m", name).code, code, name);
  },
  "constants are on the class and the prototype, enumerable and read-only": ({ globals: { DOMException }, assert }) => {
    for (const owner of [DOMException, DOMException.prototype]) {
      assert.deepEqual(Object.getOwnPropertyDescriptor(owner, "DATA_CLONE_ERR"), {
        value: 25,
        writable: false,
        enumerable: true,
        configurable: false,
      });
      assert.equal((owner as unknown as Record<string, number>).INDEX_SIZE_ERR, 1);
      assert.equal((owner as unknown as Record<string, number>).DOMSTRING_SIZE_ERR, 2);
      assert.equal((owner as unknown as Record<string, number>).VALIDATION_ERR, 16);
    }
  },
  "is an Error, but the class does not extend Error": ({ globals: { DOMException }, assert }) => {
    const error = new DOMException("m", "AbortError");
    assert.isTrue(error instanceof Error);
    assert.isTrue(error instanceof DOMException);
    assert.equal(Object.getPrototypeOf(DOMException.prototype), Error.prototype);
    assert.equal(Object.getPrototypeOf(DOMException), Function.prototype);
    assert.equal(Object.prototype.toString.call(error), "[object DOMException]");
    assert.equal(String(error), "AbortError: m");
  },
  "the stack begins with name and message and where it was made": ({ globals: { DOMException }, assert }) => {
    function maker() {
      return new DOMException("what happened", "NotFoundError");
    }
    const { stack } = maker();
    assert.match(stack!, /^NotFoundError: what happened\n\s+at .*maker/);
  },
  "name, message and code are accessors of the prototype": ({ globals: { DOMException }, assert }) => {
    for (const name of ["name", "message", "code"]) {
      const descriptor = Object.getOwnPropertyDescriptor(DOMException.prototype, name)!;
      assert.isFunction(descriptor.get);
      assert.isUndefined(descriptor.set);
      assert.isTrue(descriptor.enumerable);
      assert.throws(() => descriptor.get!.call({}), TypeError);
      assert.throws(() => descriptor.get!.call(new Error("x")), TypeError);
      assert.isFalse(Object.hasOwn(new DOMException(), name));
    }
  },
  "arguments are converted to strings": ({ globals: { DOMException }, assert }) => {
    const error = new DOMException(null as never, { toString: () => "X" } as never);
    assert.equal(error.message, "null");
    assert.equal(error.name, "X");
    assert.throws(() => new DOMException(Symbol("x") as never), TypeError, /must be a string, got a symbol/);
    assert.equal(DOMException.length, 0);
  },
  "can be subclassed": ({ globals: { DOMException }, assert }) => {
    class Mine extends DOMException {
      extra = 1;
    }
    const error = new Mine("m", "DataError");
    assert.equal(error.name, "DataError");
    assert.equal(error.extra, 1);
    assert.isTrue(error instanceof Mine && error instanceof DOMException);
    assert.throws(() => (DOMException as unknown as () => void)(), TypeError);
  },
});
