package vmm.start;

import vmm.cloud.CloudProviderFactory;
import vmm.fleet.KindRules;
import vmm.fleet.Kinds;

import java.util.HashMap;
import java.util.Map;
import java.util.ServiceLoader;

/** The cloud adapters on the class path, by kind. */
record Adapters(Map<String, CloudProviderFactory> byKind) {

    static Adapters load() {
        var factories = new HashMap<String, CloudProviderFactory>();
        ServiceLoader.load(CloudProviderFactory.class)
                .forEach(factory -> factories.put(factory.kind(), factory));
        return new Adapters(Map.copyOf(factories));
    }

    /** What each of them understands. */
    Kinds kinds() {
        var kinds = new HashMap<String, KindRules>();
        byKind.forEach(
                (kind, factory) ->
                        kinds.put(
                                kind,
                                new KindRules(
                                        factory.options(),
                                        factory.credentials(),
                                        factory.placementOptions())));
        return new Kinds(kinds);
    }
}
