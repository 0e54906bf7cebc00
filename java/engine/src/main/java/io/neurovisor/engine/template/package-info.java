/** Templates: virtual machines that were booted once, warmed, paused and saved. Every machine is a copy-on-write clone of one. */
@NullMarked
package io.neurovisor.engine.template;

import org.jspecify.annotations.NullMarked;
