/** An HTTP server for untrusted clients: heads, responses and connections are limited. It contains no pages. */
@NullMarked
package io.neurovisor.server.http;

import org.jspecify.annotations.NullMarked;
