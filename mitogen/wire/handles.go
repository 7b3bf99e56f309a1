package wire

// The handles of the protocol. 1000 and up are given out by each router.
const (
	GetModule     = 100
	CallFunction  = 101
	ForwardLog    = 102
	AddRoute      = 103
	DelRoute      = 104
	AllocateID    = 105
	Shutdown      = 106
	LoadModule    = 107
	ForwardModule = 108
	Detaching     = 109
	CallService   = 110
	Cancel        = 114
	Credit        = 115
	// IsDead stands in reply_to and marks a dead message.
	IsDead = 999
	// FirstDynamic is the first handle that a router gives out.
	FirstDynamic = 1000
)

// Handles are the numbers by the names that scripts see.
func Handles() map[string]uint32 {
	return map[string]uint32{
		"GET_MODULE": GetModule, "CALL_FUNCTION": CallFunction, "FORWARD_LOG": ForwardLog,
		"ADD_ROUTE": AddRoute, "DEL_ROUTE": DelRoute, "ALLOCATE_ID": AllocateID,
		"SHUTDOWN": Shutdown, "LOAD_MODULE": LoadModule, "FORWARD_MODULE": ForwardModule,
		"DETACHING": Detaching, "CALL_SERVICE": CallService, "CANCEL": Cancel,
		"CREDIT": Credit, "IS_DEAD": IsDead,
	}
}
