/** Placeholder sentence one. Sentence two. */
@NullMarked
package io.neurovisor.cli;

import org.jspecify.annotations.NullMarked;
