/**
 * The command {@code agent}: a language model works on a task with programs in microVMs. Its output is a terminal
 * screen, plain text or JSON lines.
 */
@NullMarked
package io.neurovisor.cli.agent;

import org.jspecify.annotations.NullMarked;
