package io.neurovisor.lab;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Finds a free port of the loopback interface. Linux assigns the same port again only after many others. */
final class LoopbackPort {
    private LoopbackPort() {}

    static int free() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            return socket.getLocalPort();
        } catch (IOException failure) {
            throw new NeuroVisorException(
                    Fault.LAB_FAILED, "There is no free port on 127.0.0.1: " + failure.getMessage(), failure);
        }
    }
}
