package io.neurovisor.e2b;

import io.neurovisor.e2b.route.EnvdTokens;
import io.neurovisor.server.daemon.HttpApis;
import io.neurovisor.server.http.api.HttpApi;
import java.util.List;

/** Creates E2B's API for a daemon. */
public final class E2bApis {
    private E2bApis() {}

    public static List<HttpApi> create(HttpApis.Context context) {
        EnvdTokens tokens = new EnvdTokens(EnvdKey.of(context.access()), context.clock());
        return List.of(new E2bApi(
                context.services(),
                context.sandboxIds(),
                tokens,
                context.config().domain(),
                context.clock(),
                context.timer()));
    }
}
