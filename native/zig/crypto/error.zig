//! Why an operation of this module fails. One closed set: the op table maps each member to the DOMException
//! that the standard names (native/zig/ops/crypto.zig).

pub const Error = error{
    OutOfMemory,
    /// The process has no OpenSSL, or not the algorithm.
    NotSupported,
    /// The operation itself failed: OperationError.
    OperationFailed,
    /// An authentication tag, padding or integrity check did not match: OperationError.
    NotAuthentic,
    /// Key data that does not describe a valid key: DataError.
    InvalidKeyData,
    /// A key of another kind, or a number that is no key: a mistake in the web layer.
    WrongKey,
    /// The realm was closed meanwhile.
    Cancelled,
};
