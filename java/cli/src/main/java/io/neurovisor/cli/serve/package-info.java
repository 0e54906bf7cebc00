/**
 * Commands around the daemon: {@code serve} runs one, {@code status} asks one, {@code keys} manages the keys of its
 * clients.
 */
@NullMarked
package io.neurovisor.cli.serve;

import org.jspecify.annotations.NullMarked;
