//! Why TLS failed: a code as Node names it, and a text. Both live as long as the process.

const std = @import("std");
const openssl = @import("openssl.zig");

const Failure = @This();

code: []const u8,
message: []const u8,
out_of_memory: bool = false,

pub const out_of_memory_failure: Failure = .{ .code = "ENOMEM", .message = "the realm's memory limit is reached", .out_of_memory = true };
pub const not_tls: Failure = .{ .code = "ERR_SSL_WRONG_VERSION_NUMBER", .message = "the server answered in plain HTTP, not TLS" };
pub const closed: Failure = .{ .code = "ECONNRESET", .message = "the server closed the connection during the TLS handshake" };
pub const host_unusable: Failure = .{ .code = "ERR_TLS_INVALID_HOST", .message = "no certificate can be checked against this host name" };

/// The names are those of OpenSSL's X509_V_ERR_…, which Node shows as codes; the two of host names are Node's own.
const VerifyError = struct { c_long, []const u8, ?[]const u8 };
const verify_errors = [_]VerifyError{
    .{ 2, "UNABLE_TO_GET_ISSUER_CERT", null },
    .{ 3, "UNABLE_TO_GET_CRL", null },
    .{ 4, "UNABLE_TO_DECRYPT_CERT_SIGNATURE", null },
    .{ 5, "UNABLE_TO_DECRYPT_CRL_SIGNATURE", null },
    .{ 6, "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", null },
    .{ 7, "CERT_SIGNATURE_FAILURE", null },
    .{ 8, "CRL_SIGNATURE_FAILURE", null },
    .{ 9, "CERT_NOT_YET_VALID", null },
    .{ 10, "CERT_HAS_EXPIRED", null },
    .{ 11, "CRL_NOT_YET_VALID", null },
    .{ 12, "CRL_HAS_EXPIRED", null },
    .{ 13, "ERROR_IN_CERT_NOT_BEFORE_FIELD", null },
    .{ 14, "ERROR_IN_CERT_NOT_AFTER_FIELD", null },
    .{ 17, "OUT_OF_MEM", null },
    .{ 18, "DEPTH_ZERO_SELF_SIGNED_CERT", "the server's certificate is self-signed and not among the trusted ones" },
    .{ 19, "SELF_SIGNED_CERT_IN_CHAIN", "the server's certificate chain ends in a self-signed one that is not trusted" },
    .{ 20, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "the issuer of the server's certificate is not known" },
    .{ 21, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "the issuer of the server's certificate is not known: it sent no chain that leads to a trusted one" },
    .{ 22, "CERT_CHAIN_TOO_LONG", null },
    .{ 23, "CERT_REVOKED", null },
    .{ 25, "PATH_LENGTH_EXCEEDED", null },
    .{ 26, "INVALID_PURPOSE", null },
    .{ 27, "CERT_UNTRUSTED", null },
    .{ 28, "CERT_REJECTED", null },
    .{ 62, "ERR_TLS_CERT_ALTNAME_INVALID", "the server's certificate is for other host names" },
    .{ 64, "ERR_TLS_CERT_ALTNAME_INVALID", "the server's certificate does not name this IP address" },
    .{ 66, "EE_KEY_TOO_SMALL", null },
    .{ 67, "CA_KEY_TOO_SMALL", null },
    .{ 68, "CA_MD_TOO_WEAK", null },
    .{ 79, "INVALID_CA", null },
};

/// A result of SSL_get_verify_result that is not X509_V_OK.
pub fn verification(result: c_long) Failure {
    const text = std.mem.span(openssl.api.X509_verify_cert_error_string(result));
    for (verify_errors) |entry| if (entry[0] == result) return .{ .code = entry[1], .message = entry[2] orelse text };
    return .{ .code = "ERR_TLS_CERT_INVALID", .message = text };
}

/// Codes of OpenSSL's reasons (openssl/sslerr.h) that a server can cause; 1000 and more are alerts it sent.
const Reason = struct { u32, []const u8, ?[]const u8 };
const reasons = [_]Reason{
    .{ 156, "ERR_SSL_HTTP_REQUEST", null },
    .{ 159, "ERR_SSL_LENGTH_MISMATCH", null },
    .{ 198, "ERR_SSL_PACKET_LENGTH_TOO_LONG", "the server's answer is not TLS (packet length too long)" },
    .{ 244, "ERR_SSL_UNEXPECTED_MESSAGE", null },
    .{ 245, "ERR_SSL_UNEXPECTED_RECORD", null },
    .{ 258, "ERR_SSL_UNSUPPORTED_PROTOCOL", "the server offers no TLS version from 1.2 on" },
    .{ 267, "ERR_SSL_WRONG_VERSION_NUMBER", "the server's answer is not TLS (wrong version number)" },
    .{ 281, "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", null },
    .{ 313, "ERR_SSL_RECORD_LAYER_FAILURE", null },
    .{ 338, "ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED", null },
    .{ 394, "ERR_SSL_DH_KEY_TOO_SMALL", null },
    .{ 443, "ERR_SSL_BAD_RECORD_TYPE", "the server's answer is not TLS (bad record type)" },
    .{ 1010, "ERR_SSL_SSLV3_ALERT_UNEXPECTED_MESSAGE", null },
    .{ 1020, "ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC", null },
    .{ 1040, "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "the server refused the handshake" },
    .{ 1042, "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "the server refused the client's certificate" },
    .{ 1043, "ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "the server refused the client's certificate" },
    .{ 1044, "ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED", null },
    .{ 1045, "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", null },
    .{ 1046, "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN", null },
    .{ 1047, "ERR_SSL_SSLV3_ALERT_ILLEGAL_PARAMETER", null },
    .{ 1048, "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "the server does not know the issuer of the client's certificate" },
    .{ 1049, "ERR_SSL_TLSV1_ALERT_ACCESS_DENIED", null },
    .{ 1050, "ERR_SSL_TLSV1_ALERT_DECODE_ERROR", null },
    .{ 1051, "ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR", null },
    .{ 1070, "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "the server offers no TLS version from 1.2 on" },
    .{ 1071, "ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY", null },
    .{ 1080, "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR", null },
    .{ 1109, "ERR_SSL_TLSV13_ALERT_MISSING_EXTENSION", null },
    .{ 1112, "ERR_SSL_TLSV1_UNRECOGNIZED_NAME", "the server does not serve this host name" },
    .{ 1116, "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "the server asks for a client certificate" },
    .{ 1120, "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "the server does not speak http/1.1" },
};

/// What the thread's error queue says; empties it.
pub fn fromQueue() Failure {
    const c = openssl.api;
    defer c.ERR_clear_error();
    const err = c.ERR_peek_error();
    if (err == 0) return .{ .code = "ERR_SSL", .message = "TLS failed" };
    // ERR_GET_LIB and ERR_GET_REASON of OpenSSL 3; library 20 is libssl.
    const library = (err >> 23) & 0xff;
    const reason: u32 = @intCast(err & 0x7fffff);
    const text: []const u8 = if (c.ERR_reason_error_string(err)) |found| std.mem.span(found) else "TLS failed";
    if (library == 20) for (reasons) |entry| if (entry[0] == reason) return .{ .code = entry[1], .message = entry[2] orelse text };
    return .{ .code = "ERR_SSL", .message = text };
}
