/** Untrusted text, made safe to display. */
@NullMarked
package io.neurovisor.engine.text;

import org.jspecify.annotations.NullMarked;
