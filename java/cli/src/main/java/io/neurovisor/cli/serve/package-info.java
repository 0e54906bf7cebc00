/**
 * Commands about the daemon: {@code serve} runs it, {@code status} prints its state. {@code keys} manages the keys of its
 * clients.
 */
@NullMarked
package io.neurovisor.cli.serve;

import org.jspecify.annotations.NullMarked;
