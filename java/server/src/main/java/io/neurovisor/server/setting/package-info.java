/**
 * Declarations of settings and the sources of their values. A value comes from an option, an environment variable, the file
 * of settings or the default, in this order.
 */
@NullMarked
package io.neurovisor.server.setting;

import org.jspecify.annotations.NullMarked;
