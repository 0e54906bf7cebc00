/**
 * TLS contexts built from the files that the user names, and the rules for ports that other machines reach. Changed files are
 * reloaded while the server runs.
 */
@NullMarked
package io.neurovisor.server.access.tls;

import org.jspecify.annotations.NullMarked;
