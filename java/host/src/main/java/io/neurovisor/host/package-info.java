/** Placeholder sentence one. Sentence two. */
@NullMarked
package io.neurovisor.host;

import org.jspecify.annotations.NullMarked;
