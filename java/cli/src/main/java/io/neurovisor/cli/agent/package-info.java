/**
 * The command {@code agent}, with which a language model works on a task. A run is shown on a terminal screen, as plain text or
 * as JSON lines.
 */
@NullMarked
package io.neurovisor.cli.agent;

import org.jspecify.annotations.NullMarked;
