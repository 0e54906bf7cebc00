/** Placeholder sentence one. Sentence two. */
@NullMarked
package io.neurovisor.testkit;

import org.jspecify.annotations.NullMarked;
