using System.Globalization;
using MySqlConnector;

namespace Mmm.Agent.Adapters.MySql;

/// <summary>A row of SHOW … STATUS by column name; a column that a version does not have reads as empty.</summary>
internal sealed class StatusRow
{
    private readonly Dictionary<string, object> _values = new(StringComparer.OrdinalIgnoreCase);

    public StatusRow(MySqlDataReader reader)
    {
        for (int i = 0; i < reader.FieldCount; i++)
            _values[reader.GetName(i)] = reader.GetValue(i);
    }

    public bool Has(string column) => _values.ContainsKey(column);

    public string Text(string column) => _values.TryGetValue(column, out object? value) && value is not DBNull
        ? value is byte[] bytes ? System.Text.Encoding.UTF8.GetString(bytes) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""
        : "";

    public long? Number(string column) =>
        long.TryParse(Text(column), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
}
