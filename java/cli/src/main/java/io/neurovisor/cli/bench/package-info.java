/** How well a model does with programs in microVMs: problems whose answers are known, and what they took. */
@NullMarked
package io.neurovisor.cli.bench;

import org.jspecify.annotations.NullMarked;
