package vmm.cloud.jclouds.azure;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.Instance;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.azure.Machines.Owner;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What exists, put together from three listings: of machines, of their run-time states and of their
 * interfaces.
 */
record Listings(Paths paths, Machines machines, Interfaces interfaces) {

    /**
     * Machines that are asked for by themselves in one listing. The rest are shown BUILDING, so
     * that none is taken for ready too early, and none that was ready is given up.
     */
    private static final int LOOKS = 50;

    /** How many of them are the youngest, which somebody waits for; the others are drawn. */
    private static final int YOUNGEST = 30;

    private static final Comparator<JsonObject> YOUNGEST_FIRST =
            Comparator.comparing(Machines::createdAt).reversed();

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
                            null,
                            statuses.get(machine.getKey()),
                            addresses.get(machine.getKey()),
                            false));
        }
        return instances;
    }

    /**
     * @param id by which it was found
     */
    Instance one(Conversation talk, String id, JsonObject machine) throws CloudFailure {
        var address = interfaces.of(talk, machine);
        return machines.instance(machine, id, Machines.statusesOf(machine), address, true);
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
     * themselves: it may be behind, be no list of states at all, or not be for us, as it is of the
     * whole subscription.
     */
    private Map<String, JsonArray> statuses(Conversation talk, Map<String, JsonObject> ours)
            throws CloudFailure {
        var statuses = new HashMap<String, JsonArray>();
        var listed = talk.listIfAllowed(paths.statuses(), Optional::of);
        for (var item : listed.orElse(List.of())) {
            var id = Json.text(item, "id").map(Interfaces::small);
            if (id.filter(ours::containsKey).isPresent()) {
                var told = Machines.statusesOf(item);
                if (Machines.tell(told)) statuses.put(id.orElseThrow(), told);
            }
        }
        for (var machine : worthALook(ours, statuses.keySet())) {
            talk.find(paths.machineInView(Machines.idOf(machine.getValue())))
                    .ifPresent(seen -> statuses.put(machine.getKey(), Machines.statusesOf(seen)));
        }
        return statuses;
    }

    /** Those of unknown state that matter, as many as one listing may look at. */
    private static List<Map.Entry<String, JsonObject>> worthALook(
            Map<String, JsonObject> ours, Set<String> known) {
        var machines =
                ours.entrySet().stream()
                        .filter(machine -> !known.contains(machine.getKey()))
                        .filter(machine -> Machines.mayRun(machine.getValue()))
                        .filter(machine -> AzureCloud.isId(Machines.idOf(machine.getValue())))
                        .sorted(Map.Entry.comparingByValue(YOUNGEST_FIRST))
                        .collect(Collectors.toCollection(ArrayList::new));
        if (machines.size() <= LOOKS) return machines;
        Collections.shuffle(machines.subList(YOUNGEST, machines.size()));
        return machines.subList(0, LOOKS);
    }

    /** Its id in small letters, which the other two listings name. */
    private String keyOf(JsonObject machine) {
        return Interfaces.small(
                Json.text(machine, "id")
                        .filter(id -> id.startsWith("/"))
                        .orElseGet(() -> paths.machineId(Machines.idOf(machine))));
    }
}
