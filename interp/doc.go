// Package interp says what a script language, a module for scripts and a call
// are, without knowing any language or any module.
//
// A Host owns everything that scripts of one process share: one Lock, the
// modules that are predeclared, the loader of library source, and the
// languages. Each language adapts one interpreter:
//
//	Module, Func, Object   what Go offers to scripts; bound by one binder per language
//	Callable, Script       what scripts offer to Go
//	value.Func             a script function on its way to another context:
//	                       made by Callable.Port, revived by Interp.Revive
//
// Locking: whoever runs script code or touches a script value holds Host.Lock.
// A Func marked Blocking runs without it; any other Func wraps its waits in
// Args.Unlocked. Callable.Call, Callable.Port and all of Interp need it held.
package interp
