package io.neurovisor.server.daemon;

import io.grpc.BindableService;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.access.TokenBudgets;
import io.neurovisor.server.agent.AgentModels;
import io.neurovisor.server.agent.AgentSandboxes;
import io.neurovisor.server.agent.AgentSettings;
import io.neurovisor.server.agent.BudgetedModels;
import io.neurovisor.server.agent.KnownModels;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.grpc.execution.TenantExecutions;
import io.neurovisor.server.grpc.model.AgentGrpcService;
import io.neurovisor.server.grpc.model.InferenceGrpcService;
import io.neurovisor.server.metrics.Metrics;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.session.Sessions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Creates the services that use language models from the settings. */
final class ModelServices {
    private ModelServices() {}

    /** Inference requests have the time limit of agent tasks. */
    static List<BindableService> of(
            LoadedConfig loaded,
            TokenBudgets budgets,
            TenantExecutions executions,
            Optional<AgentSandboxes> sandboxes,
            Sessions sessions,
            Metrics metrics,
            Tracing tracing) {
        Config config = loaded.config();
        ProcessEnvironment environment = ProcessEnvironment.current();
        List<BindableService> services = new ArrayList<>(new InferenceGrpcService(
                        new BudgetedModels(
                                new KnownModels(name -> tracing.traced(
                                        metrics.models().measured(AgentModels.inference(config, name, environment)))),
                                budgets),
                        config.agent().timeout(),
                        metrics.models(),
                        Ticker.SYSTEM)
                .services());
        services.add(new AgentGrpcService(
                new BudgetedModels(
                        name -> tracing.traced(metrics.models().measured(AgentModels.named(loaded, name, environment))),
                        budgets),
                executions,
                new AgentSettings(
                        AgentModels.limits(config),
                        config.execution().timeout(),
                        config.guest().size()),
                sandboxes,
                Optional.of(sessions),
                metrics.agents(),
                tracing));
        return services;
    }
}
