/** Placeholder sentence one. Sentence two. */
@NullMarked
package io.neurovisor.engine;

import org.jspecify.annotations.NullMarked;
