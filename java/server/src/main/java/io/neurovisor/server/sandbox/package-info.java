/** Living sandboxes of many clients: their audit lines, events and measurements. */
@NullMarked
package io.neurovisor.server.sandbox;

import org.jspecify.annotations.NullMarked;
