package io.neurovisor.tests.hostile.sandboxes;

import io.grpc.stub.StreamObserver;
import io.neurovisor.proto.guest.AdoptRequest;
import io.neurovisor.proto.guest.AdoptResponse;
import io.neurovisor.proto.guest.GuestServiceGrpc;
import io.neurovisor.proto.guest.RefreshRequest;
import io.neurovisor.proto.guest.RefreshResponse;
import io.neurovisor.proto.guest.SetClockRequest;
import io.neurovisor.proto.guest.SetClockResponse;
import io.neurovisor.proto.guest.StatsRequest;
import io.neurovisor.proto.guest.StatsResponse;

/** The life cycle of a guest as an honest agent serves it, with another amount of disk space. */
class AdoptedGuest extends GuestServiceGrpc.GuestServiceImplBase {
    private final long diskBytes;

    AdoptedGuest() {
        this(1 << 20);
    }

    /** @param diskBytes unsigned */
    AdoptedGuest(long diskBytes) {
        this.diskBytes = diskBytes;
    }

    @Override
    public void refresh(RefreshRequest request, StreamObserver<RefreshResponse> host) {
        answer(host, RefreshResponse.getDefaultInstance());
    }

    @Override
    public void adopt(AdoptRequest request, StreamObserver<AdoptResponse> host) {
        answer(host, AdoptResponse.newBuilder().setDiskBytes(diskBytes).build());
    }

    @Override
    public void setClock(SetClockRequest request, StreamObserver<SetClockResponse> host) {
        answer(host, SetClockResponse.getDefaultInstance());
    }

    @Override
    public void stats(StatsRequest request, StreamObserver<StatsResponse> host) {
        answer(host, StatsResponse.getDefaultInstance());
    }

    private static <T> void answer(StreamObserver<T> host, T message) {
        host.onNext(message);
        host.onCompleted();
    }
}
