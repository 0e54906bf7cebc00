/** Agent mode put together: the model that the settings name, and microVMs for its programs. */
@NullMarked
package io.neurovisor.server.agent;

import org.jspecify.annotations.NullMarked;
