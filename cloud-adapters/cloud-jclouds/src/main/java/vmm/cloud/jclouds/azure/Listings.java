package vmm.cloud.jclouds.azure;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.Instance;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.azure.Machines.Owner;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What exists, put together from three listings: of machines, of their run-time states and of their
 * interfaces.
 */
record Listings(Paths paths, Machines machines, Interfaces interfaces) {

    List<Instance> all(Conversation talk) throws CloudFailure {
        var ours = new LinkedHashMap<String, JsonObject>();
        for (var machine : talk.list(paths.machines(), this::ours)) {
            ours.putIfAbsent(keyOf(machine), machine);
        }
        if (ours.isEmpty()) return List.of();
        var statuses = statuses(talk, ours);
        var addresses = interfaces.all(talk);
        var instances = new ArrayList<Instance>();
        for (var machine : ours.entrySet()) {
            instances.add(
                    machines.instance(
                            machine.getValue(),
                            statuses.getOrDefault(machine.getKey(), new JsonArray()),
                            addresses.get(machine.getKey()),
                            false));
        }
        return instances;
    }

    Optional<Instance> one(Conversation talk, JsonObject machine) throws CloudFailure {
        var address = interfaces.of(talk, machine);
        return Optional.of(machines.instance(machine, Machines.statusesOf(machine), address, true));
    }

    private Optional<JsonObject> ours(JsonObject machine) throws CloudFailure {
        if (Machines.nameOf(machine).isEmpty()) {
            throw new CloudFailure.Unreachable("a virtual machine of a listing has no id");
        }
        return machines.ownerOf(machine) == Owner.SOMEBODY_ELSE
                ? Optional.empty()
                : Optional.of(machine);
    }

    /**
     * By the keys of the machines. Those of which the common list says nothing are asked for
     * themselves: it may be behind, or be no list of states at all.
     */
    private Map<String, JsonArray> statuses(Conversation talk, Map<String, JsonObject> ours)
            throws CloudFailure {
        var statuses = new HashMap<String, JsonArray>();
        for (var item : talk.list(paths.statuses(), Optional::of)) {
            var id = Json.text(item, "id").map(Interfaces::small);
            if (id.filter(ours::containsKey).isPresent()) {
                statuses.put(id.orElseThrow(), Machines.statusesOf(item));
            }
        }
        for (var machine : ours.entrySet()) {
            var known = statuses.getOrDefault(machine.getKey(), new JsonArray());
            if (Machines.power(known).isPresent() || !Machines.mayRun(machine.getValue())) continue;
            var name = Machines.idOf(machine.getValue());
            if (!AzureCloud.isId(name)) continue;
            talk.find(paths.machineInView(name))
                    .ifPresent(seen -> statuses.put(machine.getKey(), Machines.statusesOf(seen)));
        }
        return statuses;
    }

    /** Its id in small letters, which the other two listings name. */
    private String keyOf(JsonObject machine) {
        return Interfaces.small(
                Json.text(machine, "id")
                        .filter(id -> id.startsWith("/"))
                        .orElseGet(() -> paths.machineId(Machines.idOf(machine))));
    }
}
