package io.neurovisor.server.http.api;

import javax.net.ssl.SSLContext;

/**
 * The encryption of a port.
 *
 * @param context has the certificate of the server, and trusts those of clients
 * @param needsClientCertificate whether clients without one are rejected
 */
public record ApiPortTls(SSLContext context, boolean needsClientCertificate) {}
