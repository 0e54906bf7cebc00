/** Examines an installation and its machine. Changes nothing unless a repair is requested. */
@NullMarked
package io.neurovisor.server.doctor;

import org.jspecify.annotations.NullMarked;
