package io.neurovisor.server.http.api;

import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/**
 * The encryption of a port.
 *
 * @param contexts supplies the context of a new connection: the certificate of the server, and the authorities of clients
 * @param needsClientCertificate whether clients without one are rejected
 */
public record ApiPortTls(Supplier<SSLContext> contexts, boolean needsClientCertificate) {}
