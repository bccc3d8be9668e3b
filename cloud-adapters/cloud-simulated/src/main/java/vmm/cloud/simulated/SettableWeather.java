package vmm.cloud.simulated;

import vmm.cloud.Weathered;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** The weather of one simulated cloud, for whoever owns it. */
record SettableWeather(Sky sky) implements Weathered {

    @Override
    public List<Component> weather() {
        try {
            return WeatherReport.components(sky.weather());
        } catch (SQLException e) {
            throw broken(e);
        }
    }

    @Override
    public void change(Map<String, String> changes) {
        try {
            sky.change(weather -> with(weather, changes));
        } catch (SQLException e) {
            throw broken(e);
        }
    }

    @Override
    public void reset(Map<String, String> changes) {
        try {
            sky.change(weather -> with(sky.configured(), changes));
        } catch (SQLException e) {
            throw broken(e);
        }
    }

    private static Weather with(Weather weather, Map<String, String> changes) {
        var changed = weather;
        for (var change : changes.entrySet()) {
            String name = change.getKey();
            try {
                changed = changed.with(name, change.getValue());
            } catch (IllegalArgumentException e) {
                String why = String.valueOf(e.getMessage());
                throw new Unfit(name, why.replaceFirst("^option \\S+ ", ""));
            }
        }
        return changed;
    }

    private static IllegalStateException broken(SQLException e) {
        return new IllegalStateException(
                "the database of the simulated cloud failed, SQL state " + e.getSQLState());
    }
}
