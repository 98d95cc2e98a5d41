namespace Mmm.Shared.Messages;

/// <summary>
/// Marks every record that may cross the network between nodes. Each has an explicit manifest in the serializer's table;
/// fields are only ever added, as optional ones, so that two neighbouring releases understand each other.
/// </summary>
public interface IWireMessage;
