/**
 * The services that use language models: inference and agent runs. Both translate model failures into gRPC statuses and
 * interrupt work that exceeds its time limit.
 */
@NullMarked
package io.neurovisor.server.grpc.model;

import org.jspecify.annotations.NullMarked;
