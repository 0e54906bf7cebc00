/** Agent mode as configured: the models that the settings name, and machines for their programs. */
@NullMarked
package io.neurovisor.server.agent;

import org.jspecify.annotations.NullMarked;
