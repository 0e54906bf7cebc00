/** Serves HTTP to clients that may be hostile: heads, answers and connections are limited. Knows no page. */
@NullMarked
package io.neurovisor.server.http;

import org.jspecify.annotations.NullMarked;
