/** Examines an installation with the machine it is on. Nothing is changed, except by repairs that somebody asks for. */
@NullMarked
package io.neurovisor.server.doctor;

import org.jspecify.annotations.NullMarked;
